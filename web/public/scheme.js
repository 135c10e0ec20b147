// Runs before the first paint, so that the remembered colour scheme shows without a flash.
(() => {
  let scheme = "dark";
  try {
    const kept = localStorage.getItem("mantine-color-scheme-value");
    if (kept === "light" || kept === "dark") scheme = kept;
  } catch {
    // Storage is blocked: the default will do.
  }
  document.documentElement.setAttribute("data-mantine-color-scheme", scheme);
})();
