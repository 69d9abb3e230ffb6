// Runs before the first paint: the person's theme, so that nothing flashes. Must stay tiny.

(() => {
  const root = document.documentElement;
  let theme = new URLSearchParams(location.search).get("theme");
  try {
    theme ??= JSON.parse(localStorage.getItem("kubarium-prefs") ?? "{}").theme;
  } catch {
    // Storage is forbidden here (an embed with an opaque origin): the system's theme it is.
  }
  const chosen = theme === "light" || theme === "dark";
  root.dataset.theme = chosen ? theme : matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  root.dataset.themeOf = chosen ? "person" : "system";
})();
