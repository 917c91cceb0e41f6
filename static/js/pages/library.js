// The Library page: when the first sounds have come, the inviting page gives way to the library.
document.querySelector(".library-empty")?.addEventListener("upload-end", (event) => {
  if (!event.detail.added) return;
  if (!event.detail.refused) location.reload();
  else {
    const link = Object.assign(document.createElement("a"), { href: "/library", className: "button", textContent: "Open the library" });
    event.target.querySelector("[data-progress]").append(link);
  }
});
