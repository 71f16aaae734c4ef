// Command etcd is the key-value store that the Kubernetes API server keeps its objects in, built from its module.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() {
	etcdmain.Main(os.Args)
}
