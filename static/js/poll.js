// Follows a job. Each answer is real news from the server; "nothing new" (304) costs no body.

const QUICK = 150;
const SLOW = 1000;
const FINAL = new Set(["done", "failed", "cancelled"]);

export async function follow(id, onNews, signal) {
  let etag = null;
  let pause = QUICK;
  while (!signal?.aborted) {
    await visible();
    try {
      const headers = { Accept: "application/json", ...(etag ? { "If-None-Match": etag } : {}) };
      const response = await fetch(`/jobs/${id}`, { headers, cache: "no-store", signal });
      if (response.status === 200) {
        etag = response.headers.get("ETag");
        const job = await response.json();
        pause = QUICK;
        onNews(job);
        if (FINAL.has(job.state)) return job;
      } else if (response.status === 304) {
        pause = Math.min(SLOW, pause * 1.4);
      } else if (response.status === 404) {
        throw new Error("This job is gone.");
      }
    } catch (error) {
      if (signal?.aborted) return null;
      if (!(error instanceof TypeError)) throw error;
      pause = SLOW; // no connection just now
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  return null;
}

function visible() {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true }));
}
