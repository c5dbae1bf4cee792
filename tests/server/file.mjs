import { ScriptedFile as AnyFile } from "../../www/lab/server/file.js";
import { bytesOf, gzipOf, sha256Of } from "./content.mjs";

/** A scripted file whose bytes and hashes Node.js makes. */
export class ScriptedFile extends AnyFile {
  constructor(path, script = {}) {
    super(path, script, { bytesOf, gzipOf });
  }

  /** SHA-256 of a version, in lower-case hex. */
  sha256(version = this.script.version) {
    return sha256Of(this.script.seed ?? this.path, version, this.script.size);
  }

  /** The same as Subresource Integrity writes it. */
  integrity(version = this.script.version) {
    return `sha256-${Buffer.from(this.sha256(version), "hex").toString("base64")}`;
  }
}
