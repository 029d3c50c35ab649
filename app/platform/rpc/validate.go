package rpc

import (
	"context"
	"errors"
	"fmt"

	"buf.build/go/protovalidate"
	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	"github.com/chefcloud/chefcloud/app/platform/fault"
)

func validate(v protovalidate.Validator) connect.Interceptor {
	return onMessage(func(_ context.Context, _ connect.Spec, message any) error {
		if m, ok := message.(proto.Message); ok {
			return Validate(v, m)
		}
		return nil
	})
}

// Validate applies the rules of the proto files. What breaks them is invalid_argument with every field and rule.
func Validate(v protovalidate.Validator, message proto.Message) error {
	err := v.Validate(message)
	if err == nil {
		return nil
	}
	var broken *protovalidate.ValidationError
	if !errors.As(err, &broken) {
		return fmt.Errorf("validate %s: %w", message.ProtoReflect().Descriptor().FullName(), err)
	}
	violations := make([]fault.Violation, len(broken.Violations))
	for i, violation := range broken.Violations {
		violations[i] = fault.Violation{
			Field: protovalidate.FieldPathString(violation.Proto.GetField()),
			Rule:  violation.Proto.GetMessage(),
		}
	}
	return fault.InvalidFields(violations...)
}
