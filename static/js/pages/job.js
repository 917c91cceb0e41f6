// The page of one job: puts the result in place of the progress when the job ends.
import { fragment } from "/static/js/http.js";

const place = document.querySelector("[data-result-of]");
place?.addEventListener("job-end", async () => {
  place.replaceChildren(await fragment(`/j/${place.dataset.resultOf}?fragment=1`));
});
