import type { Pool } from "pg";
import { createPool as createSessionPool, type PoolOptions as SessionPoolOptions } from "../engine/index.ts";

/** What people and models see unqualified: models first, then bronze, then users. */
const searchPath = ["default", "bronze", "public"];

export type PoolOptions = Omit<SessionPoolOptions, "searchPath">;

/** The engine's pool, in which names mean what they mean in every part of this program. */
export function createPool(options: PoolOptions): Pool {
  return createSessionPool({ ...options, searchPath });
}
