import { recoverySize, dashboardSize } from "./load.ts";
import { benchLatency } from "./latency.ts";
import { benchDashboard } from "./dashboard.ts";
import { createWorld } from "./world.ts";
const which = process.argv[2];
const world = await createWorld(which === "dash" ? dashboardSize : recoverySize);
const t = performance.now();
await world.engine.deploy();
console.log("build gold of", Math.round(performance.now() - t));
try { if (which === "dash") await benchDashboard(world, { trades: 10, looks: 60, seconds: 1 }); else await benchLatency(world, 60); } finally { await world.close(); }
process.exit(0);
