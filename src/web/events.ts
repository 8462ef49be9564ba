/** Server-sent events: what the database says was published, told to the people it concerns. */
import type { Response } from "express";
import type { Pool } from "pg";
import { z } from "zod";
import { revokedChannel } from "../accounts/index.ts";
import { type Heartbeat, Listener, readLastSuccess } from "../engine/index.ts";
import type { Log } from "../log.ts";
import { TooManyConnectionsError } from "./errors.ts";

const publishedChannel = "orchestrator_published";
const runsChannel = "orchestrator_runs";
const personColumn = "user_id";

/** A person's open pages; a browser itself stops at 6 for a host without HTTP/2. */
const streamsPerPerson = 20;
/** Proxies cut a connection on which nothing was said for 30 to 60 s. */
const heartbeatSeconds = 25;
/** A stream ends after this and the browser opens it anew: expiry and changed roles count by then at the latest. */
const streamMinutes = 60;
/** What a browser waits before it connects again. */
const retryMilliseconds = 1000;
/** A reader so far behind is gone; keeping what it has not read would fill the memory. */
const unreadBytesLimit = 65_536;

const publication = z.object({
  run_id: z.number(),
  partition_column: z.string().nullable(),
  partitions: z.array(z.string()).nullable(),
});

type Publication = z.output<typeof publication>;

interface Notification {
  readonly channel: string;
  readonly payload: string;
}

/** Who is told, and by which session or API token. */
export interface Subscriber {
  readonly userId: number;
  readonly role: string;
  readonly credentialId: string;
  /** Set: somebody reads for `userId`. */
  readonly reading?: {
    readonly readerId: number;
    readonly grantId: string;
    readonly expiresAt: Date | null;
  };
}

/** Whose browser it is. */
const holderOf = ({ userId, reading }: Subscriber): number => reading?.readerId ?? userId;

interface Stream extends Subscriber {
  readonly response: Response;
  readonly openedAt: number;
}

/** as_of: the last day known to the system; null while there is none. */
interface EventData {
  readonly run_id: number;
  readonly as_of?: string | null;
}

export interface EventHubOptions {
  /** One of its connections is kept for listening. */
  readonly pool: Pool;
  readonly heartbeat?: Heartbeat;
  readonly clock: () => Date;
  readonly log: Log;
}

/** One LISTEN connection for the process, however many streams there are. */
export class EventHub {
  readonly #options: EventHubOptions;
  readonly #streams = new Set<Stream>();
  readonly #listener: Listener;
  #stopped = false;
  #heartbeat: NodeJS.Timeout | null = null;
  #pending: Notification[] = [];
  #delivering = false;

  constructor(options: EventHubOptions) {
    this.#options = options;
    this.#listener = new Listener({
      ...options,
      channels: [publishedChannel, runsChannel, revokedChannel],
      onNotification: (channel, payload) => this.#receive({ channel, payload }),
      // What was published while nobody listened is unknown: everybody looks again.
      onConnect: () => void this.#catchUp([...this.#streams]),
    });
  }

  /** How many streams are open. */
  get size(): number {
    return this.#streams.size;
  }

  /** false: nobody is told anything just now. */
  get listening(): boolean {
    return this.#listener.listening;
  }

  /** Listening when it resolves. Throws when the database cannot be reached: later losses are mended here. */
  async start(): Promise<void> {
    await this.#listener.start();
    if (!this.#listener.listening) {
      void this.#listener.stop();
      throw this.#listener.error;
    }
    this.#heartbeat = setInterval(() => this.#beat(), heartbeatSeconds * 1000);
    this.#heartbeat.unref();
  }

  /** Ends every stream, so that the server can close. */
  stop(): void {
    this.#stopped = true;
    if (this.#heartbeat) clearInterval(this.#heartbeat);
    void this.#listener.stop();
    for (const { response } of this.#streams) response.end();
  }

  /**
   * Answers with a stream of `portfolio` {as_of, run_id} and, for operators, `run` {run_id}.
   * `lastEventId`: what a browser that reconnects had heard last; it is told at once that it may have missed something.
   * Throws TooManyConnectionsError.
   */
  async open(subscriber: Subscriber, response: Response, lastEventId: string | undefined): Promise<void> {
    const open = [...this.#streams].filter((stream) => holderOf(stream) === holderOf(subscriber)).length;
    if (open >= streamsPerPerson) throw new TooManyConnectionsError(streamsPerPerson);
    const stream: Stream = { ...subscriber, response, openedAt: this.#options.clock().getTime() };
    response.set({
      "Content-Type": "text/event-stream",
      "Cache-Control": "no-store, no-transform", // no-transform: compression would hold events back
      "X-Accel-Buffering": "no",
    });
    response.flushHeaders();
    // The id makes the browser send Last-Event-ID when it reconnects, even if nothing happened until then.
    response.write(`retry: ${retryMilliseconds}\nid: 0\n\n`);
    if (response.closed) return; // it left while we looked up who it is
    this.#streams.add(stream);
    response.once("close", () => this.#streams.delete(stream));
    if (lastEventId !== undefined) await this.#catchUp([stream]);
  }

  #receive(notification: Notification): void {
    if (notification.channel === revokedChannel) {
      this.#closeStreams(notification.payload);
      return;
    }
    this.#pending.push(notification);
    if (this.#delivering) return;
    this.#delivering = true;
    // After this turn: what one commit notified arrives together, and is told as one event.
    queueMicrotask(() => void this.#deliver());
  }

  async #deliver(): Promise<void> {
    while (this.#pending.length > 0) {
      try {
        await this.#deliverBatch(this.#pending.splice(0));
      } catch (error) {
        if (!this.#stopped) this.#options.log.error({ err: error }, "events not delivered");
      }
    }
    this.#delivering = false;
  }

  async #deliverBatch(batch: readonly Notification[]): Promise<void> {
    const payloads = Map.groupBy(batch, ({ channel }) => channel);
    const runs = new Set(payloads.get(runsChannel)?.map(({ payload }) => Number(payload)));
    for (const stream of this.#streams)
      if (stream.role === "operator") for (const run_id of runs) this.#send(stream, "run", { run_id });

    const touched = new Map<Stream, number>();
    for (const { payload } of payloads.get(publishedChannel) ?? []) {
      const published = this.#parse(payload);
      if (!published) continue;
      for (const stream of this.#streams)
        if (concerns(published, stream)) touched.set(stream, published.run_id);
    }
    if (touched.size === 0) return;
    const { as_of } = await this.#readLatest();
    for (const [stream, run_id] of touched) this.#send(stream, "portfolio", { as_of, run_id });
  }

  /** null: not ours. Anybody who may connect may NOTIFY, and what they send must not hold up what follows. */
  #parse(payload: string): Publication | null {
    try {
      const parsed = publication.safeParse(JSON.parse(payload));
      if (parsed.success) return parsed.data;
      this.#options.log.warn({ err: parsed.error, payload }, "publication not understood");
    } catch (error) {
      this.#options.log.warn({ err: error, payload }, "publication not understood");
    }
    return null;
  }

  /** Tells streams that may have missed something to look again. Never throws: the next event says as much. */
  async #catchUp(streams: readonly Stream[]): Promise<void> {
    if (streams.length === 0) return;
    try {
      const { as_of, run_id } = await this.#readLatest();
      for (const stream of streams) this.#send(stream, "portfolio", { as_of, run_id });
    } catch (error) {
      this.#options.log.warn({ err: error }, "streams not told to look again");
    }
  }

  async #readLatest(): Promise<{ as_of: string | null; run_id: number }> {
    const { pool } = this.#options;
    const { rows } = await pool.query<{ as_of: string | null }>(
      "select max(calendar_date) as as_of from int_calendar",
    );
    return { as_of: rows[0]!.as_of, run_id: await readLastSuccess(pool) };
  }

  #send(stream: Stream, event: "portfolio" | "run", data: EventData): void {
    this.#write(stream, `event: ${event}\nid: ${data.run_id}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  #beat(): void {
    const now = this.#options.clock();
    const oldest = now.getTime() - streamMinutes * 60_000;
    for (const stream of this.#streams) {
      const until = stream.reading?.expiresAt ?? null;
      if (stream.openedAt < oldest || (until !== null && until <= now)) stream.response.end();
      else this.#write(stream, ": still here\n\n");
    }
  }

  #write({ response }: Stream, text: string): void {
    if (response.writableLength > unreadBytesLimit) response.destroy();
    else response.write(text);
  }

  /** `ended`: a session, an API token, or that somebody reads for another. */
  #closeStreams(ended: string): void {
    for (const { credentialId, reading, response } of this.#streams)
      if (credentialId === ended || reading?.grantId === ended) response.end();
  }
}

/**
 * A publication has one partition column. What follows for people from a change of a ticker is published by person
 * beside it. None: macro figures, which stand on everybody's page, or a rebuild.
 */
function concerns({ partition_column, partitions }: Publication, { userId }: Stream): boolean {
  if (partition_column === null) return true;
  return partition_column === personColumn && (partitions === null || partitions.includes(String(userId)));
}
