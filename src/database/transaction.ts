// The engine, which imports nothing of the rest, has it; what is no part of the engine finds it here.
export { transaction } from "../engine/postgres/index.ts";
