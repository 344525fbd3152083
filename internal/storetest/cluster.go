package storetest

import (
	"bufio"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// variable names the cluster that a whole run of tests shares: a URL of its
// maintenance database, for a user who may make databases. scripts/test sets it.
const variable = "MEIBO_TEST_POSTGRES"

// A cluster is a PostgreSQL that tests may make databases on.
type cluster struct {
	url string

	// alive is our end of the pipe that keeps a cluster of our own running; nil
	// for that of the whole run. It is never closed: the system closes it when
	// this process ends, also by a panic, a test's timeout or a kill. Then the
	// cluster stops and its folder goes.
	alive *os.File
}

// database returns the URL of one of its databases.
func (c cluster) database(name string) string {
	address, err := url.Parse(c.url)
	if err != nil {
		panic(err) // the address was connected to: it can be read
	}
	address.Path = "/" + name
	return address.String()
}

// shared returns the cluster for this process: the one of the run, or one that
// is started on the first call.
var shared = sync.OnceValues(func() (cluster, error) {
	if url := os.Getenv(variable); url != "" {
		return cluster{url: url}, nil
	}
	return start()
})

// start runs scripts/postgres, which prints the cluster's URL. Where there is
// no PostgreSQL the error is what the script says: what to install.
func start() (cluster, error) {
	root, err := moduleRoot()
	if err != nil {
		return cluster{}, err
	}
	// What it says goes to a file: a pipe would have to be read for as long as
	// the cluster runs.
	log, err := os.CreateTemp("", "meibo-storetest-*")
	if err != nil {
		return cluster{}, fmt.Errorf("log of the cluster: %w", err)
	}
	defer os.Remove(log.Name())
	defer log.Close()

	cmd := exec.Command(filepath.Join(root, "scripts", "postgres"))
	cmd.Stderr = log
	stdin, alive, err := os.Pipe()
	if err != nil {
		return cluster{}, fmt.Errorf("pipe: %w", err)
	}
	defer stdin.Close()
	cmd.Stdin = stdin
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return cluster{}, fmt.Errorf("pipe: %w", err)
	}
	defer stdout.Close()
	if err := cmd.Start(); err != nil {
		return cluster{}, fmt.Errorf("start a cluster: %w", err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err == nil {
		return cluster{url: strings.TrimSpace(line), alive: alive}, nil
	}
	if err := cmd.Wait(); err == nil {
		return cluster{}, errors.New("scripts/postgres ended without an address")
	}
	complaint, err := os.ReadFile(log.Name())
	if err != nil {
		return cluster{}, fmt.Errorf("log of the cluster: %w", err)
	}
	return cluster{}, fmt.Errorf("no cluster could be started (scripts/test installs what is missing):\n%s", complaint)
}

// moduleRoot returns the folder of go.mod. A test's working directory is the
// folder of its package.
func moduleRoot() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder, nil
		}
		above := filepath.Dir(folder)
		if above == folder {
			return "", errors.New("there is no go.mod above the working directory")
		}
		folder = above
	}
}
