// Command chefcloud is the whole product: the server and the tools that run, fill and watch it.
package main

import (
	"os"

	"github.com/chefcloud/chefcloud/app/tools/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:]))
}
