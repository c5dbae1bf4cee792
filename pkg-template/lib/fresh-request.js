/**
 * An `onRequest` as the engine's side calls it. What the program returns comes back as nothing, as a URL and
 * header fields, or as a sentence that says what it is not; it never says what was returned.
 */
export function asked(onRequest) {
  return async (groupId, jobId, fileIndex, remoteFile, localFile) => {
    const request = Object.freeze({ groupId, jobId, fileIndex, remoteFile, localFile });
    const fresh = await onRequest(request);
    if (fresh === undefined || fresh === null) return undefined;
    if (typeof fresh !== "object") return "it is no object";
    const { url, headers } = fresh;
    if (url !== undefined && typeof url !== "string" && !(url instanceof URL)) return "its url is no URL";
    try {
      return [url?.toString(), [...new Headers(headers)]];
    } catch {
      return "its headers are no header fields";
    }
  };
}
