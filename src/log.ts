import pino from "pino";

export type Log = pino.Logger;

/** null: nobody reads it as it is written. */
const pretty = process.stderr.isTTY ? (await import("pino-pretty")).default : null;

/** JSON lines on stderr; readable ones when stderr is a terminal. stdout belongs to a command's data. */
export function createLog(level: string): Log {
  const serializers = { err: pino.stdSerializers.err, error: pino.stdSerializers.err };
  if (pretty !== null)
    return pino({ level, serializers }, pretty({ destination: 2, ignore: "pid,hostname" }));
  return pino(
    { level, serializers, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination(2),
  );
}
