import type { AnyAsset, Definitions } from "../src/engine/index.ts";
import * as benchmark from "./benchmark.ts";
import * as bronze from "./bronze.ts";
import * as cash from "./cash.ts";
import * as fred from "./fred.ts";
import * as gold from "./gold.ts";
import * as income from "./income.ts";
import * as intermediate from "./intermediate.ts";
import * as macro from "./macro.ts";
import * as market from "./market.ts";
import * as performance from "./performance.ts";
import * as positions from "./positions.ts";
import * as risk from "./risk.ts";
import { schedules } from "./schedules.ts";
import { sensors } from "./sensors.ts";
import * as staging from "./staging.ts";
import * as tax from "./tax.ts";

/** Every asset that these modules export, so that none can be declared and forgotten. */
const assets: AnyAsset[] = [
  bronze,
  staging,
  market,
  positions,
  cash,
  intermediate,
  fred,
  macro,
  performance,
  gold,
  income,
  tax,
  benchmark,
  risk,
].flatMap((module): AnyAsset[] => Object.values(module));

export const definitions: Definitions = { assets, schedules, sensors };
