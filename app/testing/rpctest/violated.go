package rpctest

import (
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"
)

func violated(detail proto.Message) []string {
	bad, ok := detail.(*errdetails.BadRequest)
	if !ok {
		return nil
	}
	var fields []string
	for _, v := range bad.GetFieldViolations() {
		fields = append(fields, v.GetField())
	}
	return fields
}
