package cache_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/chefcloud/chefcloud/app/platform/cache"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
)

// methods calls do for each RPC of the product.
func methods(do func(procedure string, method protoreflect.MethodDescriptor)) {
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			if service.ParentFile().Package().Parent().Parent() != "chefcloud" {
				continue
			}
			for j := range service.Methods().Len() {
				method := service.Methods().Get(j)
				do("/"+string(service.FullName())+"/"+string(method.Name()), method)
			}
		}
		return true
	})
}

func mutates(method protoreflect.MethodDescriptor) bool {
	options, ok := proto.Clone(method.Options()).(*descriptorpb.MethodOptions)
	return !ok || options.GetIdempotencyLevel() != descriptorpb.MethodOptions_NO_SIDE_EFFECTS
}

func TestEveryMutationSaysWhichReportsItInvalidates(t *testing.T) {
	t.Parallel()
	seen := 0
	methods(func(procedure string, method protoreflect.MethodDescriptor) {
		seen++
		_, listed := cache.Listed(procedure)
		require.Equal(t, mutates(method), listed, "%s: a mutation must stand in busts.go, a read must not", procedure)
	})
	require.Greater(t, seen, 50)
}

func TestEveryRPCSaysWhoMayCallIt(t *testing.T) {
	t.Parallel()
	methods(func(procedure string, method protoreflect.MethodDescriptor) {
		policy := rpc.PolicyOf(method)
		require.NotNil(t, policy, procedure)
		require.NotEqual(t, policy.GetPublic(), (policy.GetMinimumRole() > 0), "%s must be public or name a role", procedure)
	})
}
