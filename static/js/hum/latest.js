// Asks the server once a moment of rest has passed, and hands on only the answer to what was asked last.
import { ApiError, send } from "/static/js/http.js";

const REST = 120; // ms without another question

export class Latest {
  constructor(url, onAnswer, onError) {
    Object.assign(this, { url, onAnswer, onError });
  }

  // ``body`` is made when it is sent; what it gives as ``with`` is handed on beside the answer.
  ask(body) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.now(body), REST);
  }

  async now(body) {
    this.stop();
    this.asked = new AbortController();
    const { signal } = this.asked;
    const [sent, beside] = body();
    try {
      const headers = { "Content-Type": "application/json" };
      const answer = await send(this.url, { method: "POST", headers, body: JSON.stringify(sent), signal });
      if (!signal.aborted) this.onAnswer(answer, beside);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiError)) throw error;
      this.onError(error);
    }
  }

  stop() {
    clearTimeout(this.timer);
    this.asked?.abort();
  }
}
