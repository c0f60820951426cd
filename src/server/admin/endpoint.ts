// What an admin endpoint is.
export interface AdminRequest {
  readonly method: string;
  /** Path with query. */
  readonly target: string;
  readonly contentType: string;
  readonly body: Buffer;
}

export interface AdminResponse {
  readonly status: number;
  readonly contentType: string;
  /** Long answers come in parts, so that the event loop turns between them. */
  readonly body: string | AsyncIterable<string | Uint8Array>;
  /** For what ends the process: the answer is on its way. */
  readonly afterSent?: () => void;
}

export interface AdminParameter {
  readonly id: string;
  readonly help: string;
  readonly kind: 'boolean' | 'string' | 'enum';
  readonly values?: readonly string[];
}

export interface AdminEndpoint {
  /** `/stats/prometheus`. */
  readonly path: string;
  readonly help: string;
  /** Changes something: only by POST. */
  readonly mutates: boolean;
  readonly parameters: readonly AdminParameter[];
  handle(query: URLSearchParams, request: AdminRequest): AdminResponse | Promise<AdminResponse>;
}

export function text(body: string, status = 200): AdminResponse {
  return { status, contentType: 'text/plain; charset=UTF-8', body };
}

export function html(body: string): AdminResponse {
  return { status: 200, contentType: 'text/html; charset=UTF-8', body };
}

/** Printed as Envoy prints its messages: indented by one space. */
export function json(value: unknown, status = 200): AdminResponse {
  return { status, contentType: 'application/json', body: `${JSON.stringify(value, null, 1)}\n` };
}

/** A table entry for something that only tells. */
export function view(
  path: string,
  help: string,
  handle: AdminEndpoint['handle'],
  parameters: readonly AdminParameter[] = [],
): AdminEndpoint {
  return { path, help, mutates: false, parameters, handle };
}

/** A table entry for something that changes the process. */
export function action(
  path: string,
  help: string,
  handle: AdminEndpoint['handle'],
  parameters: readonly AdminParameter[] = [],
): AdminEndpoint {
  return { path, help, mutates: true, parameters, handle };
}
