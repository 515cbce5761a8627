// Asks the service. The key stays in this tab (sessionStorage) and goes nowhere but into the header.

const STORED = "depot-key";

export class Problem extends Error {
  constructor(status, { title, detail, errors } = {}) {
    super(detail || title || `The service answered ${status}`);
    Object.assign(this, { status, errors: errors || [] });
  }
}

export const hasKey = () => sessionStorage.getItem(STORED) !== null;
export const useKey = (key) => sessionStorage.setItem(STORED, key);
export const forgetKey = () => sessionStorage.removeItem(STORED);

const authorization = () => (hasKey() ? { Authorization: `Bearer ${sessionStorage.getItem(STORED)}` } : {});

const sent = async (method, path, { body, headers, signal } = {}) => {
  const options = { method, body, signal, headers: { ...authorization(), ...headers }, cache: "no-store" };
  const answer = await fetch(path, options).catch((error) => {
    throw error.name === "AbortError" ? error : new Problem(0, { detail: "The service does not answer." });
  });
  if (!answer.ok) throw new Problem(answer.status, await answer.json().catch(() => ({})));
  return answer;
};

const JSON_TYPE = { "Content-Type": "application/json" };

export const get = async (path, options) => (await sent("GET", path, options)).json();
export const post = async (path, document, options) =>
  (await sent("POST", path, { headers: JSON_TYPE, ...options, body: JSON.stringify(document) })).json();
export const postFile = async (path, file, { headers, ...options } = {}) =>
  (await sent("POST", path, { ...options, headers: { ...JSON_TYPE, ...headers }, body: file })).json();
export const remove = (path) => sent("DELETE", path);
export const planUrl = (planId, part = "") => `/v1/plans/${encodeURIComponent(planId)}${part}`;

// Server-sent events; EventSource cannot send a key.
export async function* events(path, options) {
  const answer = await sent("GET", path, options);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read().catch(() => ({ done: true })); // cut off: as if it had ended
    if (done) return;
    const parts = (text + value).split("\n\n");
    text = parts.pop();
    for (const part of parts) yield JSON.parse(part.slice(part.indexOf("data: ") + 6));
  }
}

const PENDING = ["queued", "running"];

// A call that may take long: done later, asked for until it is there.
export const later = async (path, file, { signal, onState }) => {
  const job = await postFile(path, file, { signal, headers: { Prefer: "respond-async" } });
  const cancel = () => remove(job.statusUrl).catch(() => {});
  signal.addEventListener("abort", cancel);
  for (let pauseMs = 150, state = "queued"; PENDING.includes(state); pauseMs = Math.min(2000, pauseMs * 1.3)) {
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    ({ state } = await get(job.statusUrl, { signal }));
    onState(state);
  }
  signal.removeEventListener("abort", cancel);
  return get(job.resultUrl, { signal });
};
