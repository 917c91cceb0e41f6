// Sends a form with a file and tells how much of it has been sent: by XMLHttpRequest, because fetch does not tell.
import { ApiError } from "/static/js/http.js";

export function upload(url, body, onShare) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => onShare(event.loaded / event.total));
    request.addEventListener("load", () => {
      if (request.status < 300) resolve(request.response);
      else reject(new ApiError(request.response?.error ?? { message: `The server answered ${request.status}.` }));
    });
    request.addEventListener("error", () => reject(new ApiError({ message: "The file could not be sent." })));
    onShare(0);
    request.send(body);
  });
}
