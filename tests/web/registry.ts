import { Graph, type Registry } from "../../src/engine/index.ts";

const registry: Registry = {
  graph: new Graph([]),
  schedules: [],
  sensors: [],
  problems: [],
  bodiesFolder: "",
};

/** For tests of what knows no asset. */
export const emptyRegistry = (): Registry => registry;
