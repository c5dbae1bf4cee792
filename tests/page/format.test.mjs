/** How the playground writes numbers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes } from "../../www/app/format.js";

test("a number of bytes is not written as 1024 of a unit where there is a larger one", () => {
  const written = [0, 1023, 1024, 1536, 2 ** 20 - 1, 2 ** 20, 2 ** 30 - 1, 2 ** 50].map(bytes);
  assert.deepEqual(written, ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "1.0 MiB", "1.0 MiB", "1.0 GiB", "1024.0 TiB"]);
});
