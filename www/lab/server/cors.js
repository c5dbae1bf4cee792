/** The CORS headers of an answer, or none. */
export function corsHeaders(script, request) {
  const rules = rulesOf(script);
  if (rules === null) return [];
  const headers = [["Access-Control-Allow-Origin", request.headers.origin ?? "*"], ["Vary", "Origin"]];
  if (rules.expose.length > 0) headers.push(["Access-Control-Expose-Headers", rules.expose.join(", ")]);
  return headers;
}

/** The answer to a preflight: status and headers. */
export function preflight(script, request) {
  const rules = rulesOf(script);
  if (rules === null) return { status: 403, headers: [] };
  const allowed = rules.allow?.join(", ") ?? request.headers["access-control-request-headers"];
  const headers = [...corsHeaders(script, request), ["Access-Control-Allow-Methods", "GET, HEAD"], ["Content-Length", "0"]];
  if (allowed) headers.push(["Access-Control-Allow-Headers", allowed]);
  return { status: 204, headers };
}

function rulesOf({ cors }) {
  if (!cors) return null;
  return { expose: [], allow: null, ...(cors === true ? {} : cors) };
}
