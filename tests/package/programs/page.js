import { download } from "./download.js";
import { options } from "./options.js";

const report = document.querySelector("output");
download(new URL("/sample.bin", location.href).href, options).then(
  (result) => (report.textContent = JSON.stringify(result)),
  (error) => (report.textContent = JSON.stringify(String(error))),
);
