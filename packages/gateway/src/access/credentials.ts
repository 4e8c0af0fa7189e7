/** The name of the cookie of a session. @param secure whether the page is served by TLS, as the prefix demands */
export function cookieName(secure: boolean): string {
  return secure ? "__Host-aasm_session" : "aasm_session";
}

/**
 * The token that the headers of a request carry: `Authorization: Bearer`, the password of `Authorization: Basic`, or
 * `x-api-key`.
 * @returns `undefined` without such a header; an empty text for one that is not understood, which is no valid token
 */
export function presentedToken(headers: Headers): string | undefined {
  const authorization = headers.get("authorization");
  if (authorization === null) return headers.get("x-api-key")?.trim();
  const [, scheme = "", credentials = ""] = /^\s*(\S+)\s+(\S+)\s*$/.exec(authorization) ?? [];
  switch (scheme.toLowerCase()) {
    case "bearer":
      return credentials;
    case "basic":
      return Buffer.from(credentials, "base64").toString().split(":").slice(1).join(":");
    default:
      return "";
  }
}

/** The value of a cookie of a request. */
export function presentedCookie(headers: Headers, name: string): string | undefined {
  const cookies = headers.get("cookie")?.split(";") ?? [];
  const found = cookies.map((cookie) => cookie.trim()).find((cookie) => cookie.startsWith(`${name}=`));
  return found?.slice(name.length + 1);
}
