// Reads envoy.http.early_header_mutation.header_mutation.
import type { Message } from '@bufbuild/protobuf';
import type { ConfigContext } from '../../../../config/api.ts';
import type { HeaderMutation } from '../../../../generated/envoy/extensions/http/early_header_mutation/header_mutation/v3/header_mutation_pb.d.ts';
import type { EarlyHeaderMutationFactory } from '../../../../http/connection-manager/api.ts';
import { readHeaderMutations } from '../../../common/header-mutations/config.ts';

export const factory: EarlyHeaderMutationFactory = {
  create: (message: Message, config: ConfigContext) =>
    readHeaderMutations((message as HeaderMutation).mutations, 'request', config),
};
