// Runs before the page's own program: a browser whose private windows have no service workers.
Object.defineProperty(Navigator.prototype, "serviceWorker", { value: undefined });
