package rpc

import (
	"errors"
	"fmt"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// Encodings finds encodings of messages that are sent again and again, so that each is encoded once.
type Encodings interface {
	// Encoded returns the kept encoding of message for the codec, made by encode the first time; ok is false for
	// messages that aren't kept.
	Encoded(message any, codec string, encode func() ([]byte, error)) (data []byte, ok bool, err error)
}

// codec encodes with the help of Encodings. It implements connect's optional MarshalAppend, so that what is kept is
// copied into connect's own buffer: connect writes over the slices that it is given.
type codec struct {
	name      string
	encodings Encodings
	marshal   func(dst []byte, m proto.Message) ([]byte, error)
	unmarshal func(data []byte, m proto.Message) error
}

// Codecs returns the options that replace connect's codecs. JSON shows fields that are zero and refuses fields that it
// doesn't know, because a misspelt field must not be lost.
func Codecs(encodings Encodings) []connect.HandlerOption {
	toJSON := protojson.MarshalOptions{EmitUnpopulated: true}
	jsonCodec := func(name string) connect.Codec {
		return &codec{name: name, encodings: encodings, marshal: toJSON.MarshalAppend, unmarshal: fromJSON}
	}
	return []connect.HandlerOption{
		connect.WithCodec(jsonCodec("json")),
		connect.WithCodec(jsonCodec("json; charset=utf-8")),
		connect.WithCodec(&codec{name: "proto", encodings: encodings, marshal: proto.MarshalOptions{}.MarshalAppend, unmarshal: proto.Unmarshal}),
	}
}

func fromJSON(data []byte, m proto.Message) error {
	if len(data) == 0 {
		return errors.New("zero-length payload is not a valid JSON object")
	}
	return protojson.Unmarshal(data, m)
}

// Name implements [connect.Codec].
func (c *codec) Name() string { return c.name }

// Marshal implements [connect.Codec].
func (c *codec) Marshal(message any) ([]byte, error) { return c.MarshalAppend(nil, message) }

// MarshalAppend implements connect's optional extension of [connect.Codec].
func (c *codec) MarshalAppend(dst []byte, message any) ([]byte, error) {
	m, ok := message.(proto.Message)
	if !ok {
		return nil, fmt.Errorf("encode %T: not a proto.Message", message)
	}
	kept, ok, err := c.encodings.Encoded(message, c.name, func() ([]byte, error) { return c.marshal(nil, m) })
	if err != nil {
		return nil, err
	}
	if ok {
		return append(dst, kept...), nil
	}
	return c.marshal(dst, m)
}

// Unmarshal implements [connect.Codec].
func (c *codec) Unmarshal(data []byte, message any) error {
	m, ok := message.(proto.Message)
	if !ok {
		return fmt.Errorf("decode %T: not a proto.Message", message)
	}
	return c.unmarshal(data, m)
}
