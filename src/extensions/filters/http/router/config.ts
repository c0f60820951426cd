// The extension `envoy.filters.http.router`: the last filter of every HTTP chain. The work is core's (src/router).
import type { Message } from '@bufbuild/protobuf';
import type { Router } from '../../../../generated/envoy/extensions/filters/http/router/v3/router_pb.d.ts';
import type { HttpFilterConfigFactory } from '../../../../http/filter/api.ts';
import { routerFilterFactory } from '../../../../router/api.ts';

export const factory: HttpFilterConfigFactory = {
  terminal: true,
  create: (message: Message, context) => routerFilterFactory(message as Router, context),
};
