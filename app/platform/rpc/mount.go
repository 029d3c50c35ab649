package rpc

import (
	"fmt"
	"net/http"
	"slices"

	"connectrpc.com/connect"
	"connectrpc.com/vanguard"
	"google.golang.org/protobuf/encoding/protojson"
)

// Group is the Fx tag under which domains provide their [Service].
const Group = `group:"services"`

// compressFrom is the least number of bytes that an answer is compressed from: below it, compressing takes longer than sending.
const compressFrom = 4 << 10

// Service is one generated service with its handler.
type Service struct {
	// Name is the full name, as in chefcloud.orders.v1.OrderService.
	Name string
	// Build returns the generated handler with the options and the path that it is for.
	Build func(options ...connect.HandlerOption) (path string, handler http.Handler)
}

// Mount serves the services: Connect, gRPC and gRPC-Web on their own paths, the REST routes of the proto files through one
// transcoder, and everything else by next.
func Mount(services []Service, options []connect.HandlerOption, next http.Handler) (http.Handler, error) {
	options = append(slices.Clip(options), connect.WithCompressMinBytes(compressFrom))
	mux := http.NewServeMux()
	transcoded := make([]*vanguard.Service, 0, len(services))
	for _, s := range services {
		path, handler := s.Build(options...)
		mux.Handle(path, handler)
		transcoded = append(transcoded, vanguard.NewService(path, reach(handler)))
	}
	rest, err := vanguard.NewTranscoder(transcoded,
		vanguard.WithUnknownHandler(reach(next)),
		vanguard.WithCodec(func(types vanguard.TypeResolver) vanguard.Codec {
			return &vanguard.JSONCodec{
				MarshalOptions:   protojson.MarshalOptions{EmitUnpopulated: true, Resolver: types},
				UnmarshalOptions: protojson.UnmarshalOptions{Resolver: types},
			}
		}),
	)
	if err != nil {
		return nil, fmt.Errorf("build REST routes: %w", err)
	}
	mux.Handle("/", restErrors(rest))
	return mux, nil
}
