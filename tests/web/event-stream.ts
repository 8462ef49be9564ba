export interface ReceivedEvent {
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts what is in it
  readonly data: any;
}

export interface EventStream {
  readonly status: number;
  /** The next event; rejects when the stream ends before one. */
  next(): Promise<ReceivedEvent>;
  /** Resolves when the server ends the stream. */
  ended(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the events of a person as a browser's EventSource does; resolves when the opening lines are here. */
export async function openEvents(
  url: string,
  token: string,
  headers: Readonly<Record<string, string>> = {},
  path = "/api/events",
): Promise<EventStream> {
  const abort = new AbortController();
  const response = await fetch(url + path, {
    headers: { Authorization: `Bearer ${token}`, ...headers },
    signal: abort.signal,
  });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const nextBlock = async (): Promise<string | null> => {
    for (;;) {
      const end = text.indexOf("\n\n");
      if (end >= 0) {
        const block = text.slice(0, end);
        text = text.slice(end + 2);
        return block;
      }
      const { value, done } = await reader.read();
      if (done) return null;
      text += value;
    }
  };
  if (response.status === 200) await nextBlock();
  return {
    status: response.status,
    async next() {
      const block = await nextBlock();
      if (block === null) throw new Error("the stream ended before an event");
      const fields = new Map(block.split("\n").map((line) => line.split(/: (.*)/, 2) as [string, string]));
      return { event: fields.get("event")!, data: JSON.parse(fields.get("data")!) };
    },
    async ended() {
      while ((await nextBlock()) !== null);
    },
    close: async () => abort.abort(),
  };
}
