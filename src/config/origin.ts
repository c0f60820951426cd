/**
 * Owns where a message came from: its place in the tree (for the path) and, for text, the document (for file, line and
 * column). Origins are kept beside the messages in a WeakMap, so that protobuf messages stay what they are and the
 * knowledge goes away with them. Positions are not kept: they are found again from the path when there is something to
 * say (a position for every node of 5,000 clusters would cost more than the clusters).
 */
import type { SourceDocument } from './source/document.ts';

export class Origin {
  readonly parent: Origin | undefined;
  /** Field of the parent, in the API's spelling; empty at the root. */
  readonly field: string;
  /** Index in a repeated field or key in a map field. */
  readonly element: number | string | undefined;
  /** The text it was read from; undefined for what came over the wire. Set on every origin, so that none needs to climb. */
  readonly document: SourceDocument | undefined;

  constructor(
    parent: Origin | undefined,
    field: string,
    element: number | string | undefined,
    document: SourceDocument | undefined,
  ) {
    this.parent = parent;
    this.field = field;
    this.element = element;
    this.document = document;
  }

  child(field: string, element?: number | string): Origin {
    return new Origin(this, field, element, this.document);
  }

  /** `static_resources.clusters[0]`, `…typed_extension_protocol_options["envoy.x"]`. */
  path(): string {
    return renderPath(this.segments());
  }

  /** Field names and elements from the root. */
  segments(): (string | number | { readonly key: string })[] {
    const segments = this.parent?.segments() ?? [];
    if (this.field !== '') segments.push(this.field);
    if (typeof this.element === 'number') segments.push(this.element);
    else if (this.element !== undefined) segments.push({ key: this.element });
    return segments;
  }
}

export type PathSegment = ReturnType<Origin['segments']>[number];

export function renderPath(segments: readonly PathSegment[]): string {
  let path = '';
  for (const segment of segments) {
    if (typeof segment === 'number') path += `[${segment}]`;
    else if (typeof segment === 'object') path += `[${JSON.stringify(segment.key)}]`;
    else path += path === '' ? segment : `.${segment}`;
  }
  return path;
}

/** Reads what callers write: `connect_timeout`, `socket_options[0].level`, `metadata["a.b"]`. */
export function parsePath(path: string): PathSegment[] {
  const segments: PathSegment[] = [];
  for (const match of path.matchAll(/\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|([^.[\]]+)/g)) {
    if (match[1] !== undefined) segments.push(Number(match[1]));
    else if (match[2] !== undefined) segments.push({ key: String(JSON.parse(match[2])) });
    else if (match[3] !== undefined) segments.push(match[3]);
  }
  return segments;
}

const origins = new WeakMap<object, Origin>();

export function setOrigin(message: object, origin: Origin): void {
  origins.set(message, origin);
}

export function originOf(message: object): Origin | undefined {
  return origins.get(message);
}
