// A control plane on go-control-plane's own server and snapshot cache, which tests drive: each line of standard input is a
// snapshot as JSON, each line of standard output is what a proxy said. Aggregated and by type, state of the world and delta.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"sync"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	cluster "github.com/envoyproxy/go-control-plane/envoy/service/cluster/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	endpoint "github.com/envoyproxy/go-control-plane/envoy/service/endpoint/v3"
	listener "github.com/envoyproxy/go-control-plane/envoy/service/listener/v3"
	route "github.com/envoyproxy/go-control-plane/envoy/service/route/v3"
	runtime "github.com/envoyproxy/go-control-plane/envoy/service/runtime/v3"
	secret "github.com/envoyproxy/go-control-plane/envoy/service/secret/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	// Messages that resources hold as Any.
	_ "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/access_loggers/file/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/tcp_proxy/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/upstreams/http/v3"
)

// Snapshot is one line of input: every resource of a version, in JSON with its "@type".
type Snapshot struct {
	Version   string                       `json:"version"`
	Resources map[string][]json.RawMessage `json:"resources"`
}

// Said is one line of output.
type Said struct {
	Event   string          `json:"event"`
	Stream  int64           `json:"stream"`
	Request json.RawMessage `json:"request,omitempty"`
	Error   string          `json:"error,omitempty"`
}

// one is the key of every proxy: all get the same.
type one struct{}

func (one) ID(*core.Node) string { return "all" }

var printing sync.Mutex

func say(said Said) {
	line, err := json.Marshal(said)
	if err != nil {
		log.Fatal(err)
	}
	printing.Lock()
	defer printing.Unlock()
	fmt.Println(string(line))
}

func main() {
	address := flag.String("listen", "127.0.0.1:0", "address, or unix:PATH")
	certificate := flag.String("cert", "", "certificate of the server: with it, TLS")
	key := flag.String("key", "", "its key")
	authority := flag.String("ca", "", "authority of client certificates: with it they are required")
	flag.Parse()

	snapshots := cache.NewSnapshotCache(true, one{}, nil)
	told := server.CallbackFuncs{
		StreamOpenFunc:   func(_ context.Context, id int64, _ string) error { say(Said{Event: "open", Stream: id}); return nil },
		StreamClosedFunc: func(id int64, _ *core.Node) { say(Said{Event: "closed", Stream: id}) },
		DeltaStreamOpenFunc: func(_ context.Context, id int64, _ string) error {
			say(Said{Event: "open-delta", Stream: id})
			return nil
		},
		DeltaStreamClosedFunc: func(id int64, _ *core.Node) { say(Said{Event: "closed-delta", Stream: id}) },
		StreamRequestFunc: func(id int64, request *discovery.DiscoveryRequest) error {
			say(Said{Event: "request", Stream: id, Request: protoJSON(request)})
			return nil
		},
		StreamDeltaRequestFunc: func(id int64, request *discovery.DeltaDiscoveryRequest) error {
			say(Said{Event: "request-delta", Stream: id, Request: protoJSON(request)})
			return nil
		},
	}
	xds := server.NewServer(context.Background(), snapshots, told)

	var options []grpc.ServerOption
	if *certificate != "" {
		options = append(options, grpc.Creds(credentials.NewTLS(tlsConfig(*certificate, *key, *authority))))
	}
	grpcServer := grpc.NewServer(options...)
	discovery.RegisterAggregatedDiscoveryServiceServer(grpcServer, xds)
	cluster.RegisterClusterDiscoveryServiceServer(grpcServer, xds)
	endpoint.RegisterEndpointDiscoveryServiceServer(grpcServer, xds)
	listener.RegisterListenerDiscoveryServiceServer(grpcServer, xds)
	route.RegisterRouteDiscoveryServiceServer(grpcServer, xds)
	secret.RegisterSecretDiscoveryServiceServer(grpcServer, xds)
	runtime.RegisterRuntimeDiscoveryServiceServer(grpcServer, xds)

	network := "tcp"
	where := *address
	if len(where) > 5 && where[:5] == "unix:" {
		network, where = "unix", where[5:]
	}
	socket, err := net.Listen(network, where)
	if err != nil {
		log.Fatal(err)
	}
	say(Said{Event: "listening " + socket.Addr().String()})
	go func() { log.Fatal(grpcServer.Serve(socket)) }()

	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		if err := set(snapshots, line); err != nil {
			say(Said{Event: "refused", Error: err.Error()})
		} else {
			say(Said{Event: "set"})
		}
	}
}

func set(snapshots cache.SnapshotCache, line []byte) error {
	var given Snapshot
	if err := json.Unmarshal(line, &given); err != nil {
		return err
	}
	resources := map[resource.Type][]types.Resource{}
	for kind, texts := range given.Resources {
		for _, text := range texts {
			var wrapped anypb.Any
			if err := protojson.Unmarshal(text, &wrapped); err != nil {
				return err
			}
			message, err := wrapped.UnmarshalNew()
			if err != nil {
				return err
			}
			resources[kind] = append(resources[kind], message)
		}
	}
	snapshot, err := cache.NewSnapshot(given.Version, resources)
	if err != nil {
		return err
	}
	return snapshots.SetSnapshot(context.Background(), "all", snapshot)
}

func protoJSON(request proto.Message) json.RawMessage {
	text, err := protojson.Marshal(request)
	if err != nil {
		log.Fatal(err)
	}
	return text
}

func tlsConfig(certificate, key, authority string) *tls.Config {
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		log.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{pair}}
	if authority == "" {
		return config
	}
	pem, err := os.ReadFile(authority)
	if err != nil {
		log.Fatal(err)
	}
	config.ClientCAs = x509.NewCertPool()
	config.ClientCAs.AppendCertsFromPEM(pem)
	config.ClientAuth = tls.RequireAndVerifyClientCert
	return config
}
