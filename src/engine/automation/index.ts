export { alert } from "./alerts.ts";
export {
  type Asked,
  type Automation,
  AutomationOffError,
  type AutomationRecord,
  automationsOf,
  readAutomations,
  runAutomation,
  setAutomationEnabled,
  type TickRecord,
  UnknownAutomationError,
} from "./automations.ts";
export { modelWatcher, type Watcher } from "./model-watcher.ts";
export { Orchestrator, type OrchestratorStatus } from "./orchestrator.ts";
export { nextTick, Scheduler } from "./schedule.ts";
export { type SensorResult, sense } from "./sensor.ts";
