// From a prompt to the address of a film, with every answer typed. It is checked against the published document.
import createClient from "openapi-fetch";
import type { components, paths } from "./build/playhead.js";

type Session = components["schemas"]["SessionView"];

export function connect(baseUrl: string, key: string) {
  return createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${key}` } });
}

/** Start a film and wait until it is there. Throws what the problem says. */
export async function film(baseUrl: string, key: string, prompt: string, everyMs = 1000): Promise<Session> {
  const client = connect(baseUrl, key);
  const sessionId = crypto.randomUUID();
  const started = await client.POST("/v1/sessions", {
    body: { sessionId, prompt, kind: "slides", aspect: "16:9" },
    params: { header: { "Idempotency-Key": sessionId } },
  });
  if (started.error) throw new Error(`${started.error.code}: ${started.error.detail}`);
  for (;;) {
    const { data, error } = await client.GET("/v1/sessions/{session_id}", {
      params: { path: { session_id: sessionId } },
    });
    if (data?.status === "completed") return data;
    if (data?.status === "failed") throw new Error(`${data.error?.code}: ${data.errorMessage}`);
    if (error && error.status !== 404) throw new Error(`${error.code}: ${error.detail}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** The titles of all films that are done, page after page. */
export async function* titles(baseUrl: string, key: string): AsyncGenerator<string> {
  const client = connect(baseUrl, key);
  let cursor: string | null | undefined;
  do {
    const { data, error } = await client.GET("/v1/sessions", {
      params: { query: { status: "completed", limit: 100, ...(cursor ? { cursor } : {}) } },
    });
    if (error) throw new Error(`${error.code}: ${error.detail}`);
    for (const session of data.items) yield session.title;
    cursor = data.nextCursor;
  } while (cursor);
}
