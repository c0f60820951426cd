/** The plain sidecar with a JSON access log to a file, the fields being those that a mesh logs by default. */
import type { Job } from '../job.ts';
import { closed } from './h1.ts';
import { envoySidecar, haproxySidecar, nginxSidecar } from './sidecar.ts';

export const envoyJsonLog = (file: string): string => `access_log:
  - name: envoy.access_loggers.file
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
      path: ${file}
      log_format:
        json_format:
          start_time: "%START_TIME%"
          method: "%REQ(:METHOD)%"
          path: "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%"
          protocol: "%PROTOCOL%"
          response_code: "%RESPONSE_CODE%"
          response_flags: "%RESPONSE_FLAGS%"
          response_code_details: "%RESPONSE_CODE_DETAILS%"
          bytes_received: "%BYTES_RECEIVED%"
          bytes_sent: "%BYTES_SENT%"
          duration: "%DURATION%"
          upstream_service_time: "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%"
          x_forwarded_for: "%REQ(X-FORWARDED-FOR)%"
          user_agent: "%REQ(USER-AGENT)%"
          request_id: "%REQ(X-REQUEST-ID)%"
          authority: "%REQ(:AUTHORITY)%"
          upstream_host: "%UPSTREAM_HOST%"
          upstream_cluster: "%UPSTREAM_CLUSTER%"
          downstream_remote_address: "%DOWNSTREAM_REMOTE_ADDRESS%"
          route_name: "%ROUTE_NAME%"
`;

const nginxLog = `log_format mesh escape=json '{"start_time":"$time_iso8601","method":"$request_method","path":"$request_uri",'
  '"protocol":"$server_protocol","response_code":$status,"bytes_received":$request_length,"bytes_sent":$body_bytes_sent,'
  '"duration":$request_time,"upstream_service_time":"$upstream_response_time",'
  '"x_forwarded_for":"$proxy_add_x_forwarded_for","user_agent":"$http_user_agent","request_id":"$request_id",'
  '"authority":"$http_host","upstream_host":"$upstream_addr","upstream_cluster":"app",'
  '"downstream_remote_address":"$remote_addr:$remote_port"}';
access_log access.log mesh buffer=64k flush=10s;
`;

/** HAProxy writes logs to a file descriptor or a syslog server only: its standard output is the scratch folder's log file. */
const haproxyLog = {
  target: 'log stdout len 4096 format raw local0\n',
  format: `log global
log-format '{"start_time":"%[date,ltime(%FT%T)]","method":"%HM","path":"%HU","protocol":"%HV","response_code":%ST,"response_flags":"%ts","bytes_received":%U,"bytes_sent":%B,"duration":%Ta,"upstream_service_time":"%Tr","user_agent":"%[capture.req.hdr(0),json(utf8s)]","request_id":"%ID","authority":"%[capture.req.hdr(1),json(utf8s)]","upstream_host":"%si:%sp","upstream_cluster":"%b","downstream_remote_address":"%ci:%cp"}'
`,
};

export const h1AccessLog: Job = {
  name: 'h1-access-log',
  title: 'CPU time for each HTTP/1.1 request with a JSON access log',
  description: 'the job h1 with a JSON access log of 19 fields to a file',
  headline: 'cpuMicroseconds',
  cases: [2, 32].map(closed),
  envoy: (site) => envoySidecar(site, { connectionManager: envoyJsonLog(`${site.dir}/access.log`) }),
  nginx: (site) => nginxSidecar(site, nginxLog),
  haproxy: (site) =>
    haproxySidecar(site, haproxyLog).replace(
      '  option forwardfor\n',
      '  option forwardfor\n  capture request header User-Agent len 128\n  capture request header Host len 64\n',
    ),
};
