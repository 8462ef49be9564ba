export { inParallel } from "./parallel.ts";
export { WakeLoop } from "./wake-loop.ts";
