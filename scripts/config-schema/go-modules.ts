/**
 * Fetches the Go modules that carry Envoy's API, through the machine's own Go module proxy settings.
 * Owns: which modules, at which versions (those that go-control-plane's go.mod asks for).
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** go-control-plane numbers its `envoy` module after the Envoy release whose API it holds. */
export const envoyModule = { path: 'github.com/envoyproxy/go-control-plane/envoy', version: 'v1.40.0' };

/** Modules whose descriptors the API imports, or that a data plane speaks beside it (OTLP, gRPC health). */
const importedModules: readonly string[] = [
  'cel.dev/expr',
  'github.com/cncf/xds/go',
  'github.com/envoyproxy/protoc-gen-validate',
  'github.com/prometheus/client_model',
  'go.opentelemetry.io/proto/otlp',
  'google.golang.org/genproto/googleapis/api',
  'google.golang.org/genproto/googleapis/rpc',
  'google.golang.org/grpc',
  'google.golang.org/protobuf',
];

export type GoModule = { readonly path: string; readonly version: string; readonly directory: string };

/** Downloads the modules (nothing is compiled) and says where each lies. Throws when `go` is missing or a download fails. */
export function downloadModules(): GoModule[] {
  const workspace = mkdtempSync(join(tmpdir(), 'remora-config-schema-'));
  try {
    writeFileSync(join(workspace, 'go.mod'), 'module schema\n');
    const envoy = download(workspace, envoyModule.path, envoyModule.version);
    const required = readRequirements(readFileSync(join(envoy.directory, 'go.mod'), 'utf8'));
    const others = importedModules.map((path) => {
      const version = required.get(path);
      if (version === undefined) throw new Error(`${envoyModule.path} does not require ${path}`);
      return download(workspace, path, version);
    });
    return [envoy, ...others];
  } finally {
    rmSync(workspace, { recursive: true });
  }
}

function download(workspace: string, path: string, version: string): GoModule {
  const output = execFileSync('go', ['mod', 'download', '-json', `${path}@${version}`], {
    cwd: workspace,
    encoding: 'utf8',
  });
  const answer: unknown = JSON.parse(output);
  if (typeof answer !== 'object' || answer === null || !('Dir' in answer) || typeof answer.Dir !== 'string') {
    throw new Error(`go mod download ${path}@${version} names no folder`);
  }
  return { path, version, directory: answer.Dir };
}

function readRequirements(goMod: string): Map<string, string> {
  const versions = new Map<string, string>();
  for (const match of goMod.matchAll(/^\s*(?:require\s+)?([\w./-]+)\s+(v\S+)/gm)) {
    if (match[1] !== undefined && match[2] !== undefined) versions.set(match[1], match[2]);
  }
  return versions;
}
