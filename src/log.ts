import pino from "pino";
import pinoPretty from "pino-pretty";

export type Log = pino.Logger;

/** JSON lines on stderr; readable ones when stderr is a terminal. stdout belongs to a command's data. */
export function createLog(level: string): Log {
  const serializers = { err: pino.stdSerializers.err, error: pino.stdSerializers.err };
  if (process.stderr.isTTY)
    return pino({ level, serializers }, pinoPretty({ destination: 2, ignore: "pid,hostname" }));
  return pino(
    { level, serializers, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination(2),
  );
}
