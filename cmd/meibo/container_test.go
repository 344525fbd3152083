package main

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// A Containerfile cannot be built here. What is tested is what it relies on: the
// binary, built as it says, runs as nobody in a folder with nothing beside it but
// what the file copies and the base's /tmp, and tells the health of the server.
func TestR1_TheContainerHasAllThatTheServerNeeds(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the binary once more")
	}
	content, err := os.ReadFile(filepath.Join("..", "..", "Containerfile"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(content)
	for _, want := range []string{"USER 65532:65532", `ENTRYPOINT ["/meibo"]`, `CMD ["serve"]`, `CMD ["/meibo", "health"]`, "VOLUME /data",
		"COPY --from=build /out/meibo /meibo", "COPY --from=build --chown=65532:65532 /out/data /data"} {
		if !strings.Contains(text, want) {
			t.Errorf("the Containerfile lacks %s", want)
		}
	}
	if n := strings.Count(text, "COPY --from=build"); n != 2 {
		t.Errorf("%d things are copied, want 2: this test knows no others", n)
	}
	root := rootOf(t, text)
	flags := regexp.MustCompile(`(?m)^ENV (.*)$`).FindStringSubmatch(text)
	if flags == nil {
		t.Fatal("no ENV")
	}
	env := append(strings.Fields(flags[1]), "MEIBO_LISTEN=127.0.0.1:0", "MEIBO_LANG=en")
	serving := inside(t.Context(), root, env, "serve")
	said, err := serving.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := serving.Start(); err != nil {
		t.Fatal(err)
	}
	lines, address := bufio.NewScanner(said), ""
	for address == "" && lines.Scan() {
		if strings.HasPrefix(lines.Text(), "Meibo is at") {
			address = addressIn.FindString(lines.Text())
		}
		t.Log(lines.Text())
	}
	if out, err := inside(t.Context(), root, env, "health", address).CombinedOutput(); err != nil || !strings.Contains(string(out), "is ready") {
		t.Errorf("health: %v, %s", err, out)
	}
	if err := serving.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
	}
	if err := serving.Wait(); err != nil {
		t.Errorf("stopped with %v", err)
	}
	out, err := inside(t.Context(), root, env, "health", address).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "does not answer") {
		t.Errorf("health of a server that stopped: %v, %s", err, out)
	}
	for _, name := range []string{"meibo.db", "meibo.db.key"} {
		if _, err := os.Stat(filepath.Join(root, "data", name)); err != nil {
			t.Errorf("not in the volume: %v", err)
		}
	}
}

// rootOf makes a folder as the image has it, with the binary built by the line of the
// Containerfile that does so.
func rootOf(t *testing.T, text string) string {
	t.Helper()
	root := t.TempDir()
	build := regexp.MustCompile(`(?m)^RUN (CGO_ENABLED=0) (go build .*) -o /out/meibo (\S+) &&`).FindStringSubmatch(text)
	if build == nil {
		t.Fatal("no line that builds")
	}
	words := append(strings.Fields(build[2]), "-o", filepath.Join(root, "meibo"), build[3])
	cmd := exec.CommandContext(t.Context(), words[0], words[1:]...)
	cmd.Dir, cmd.Env = filepath.Join("..", ".."), append(os.Environ(), build[1])
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for folder, mode := range map[string]os.FileMode{"data": 0o755, "tmp": 0o777} {
		if err := os.Mkdir(filepath.Join(root, folder), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(root, folder), mode); err != nil {
			t.Fatal(err)
		}
	}
	if os.Getuid() == 0 {
		if err := os.Chown(filepath.Join(root, "data"), 65532, 65532); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// inside runs the binary as the container does; where we may not, at least with its
// environment alone and in its folder.
func inside(ctx context.Context, root string, env []string, args ...string) *exec.Cmd {
	if os.Getuid() == 0 {
		cmd := exec.CommandContext(ctx, "/meibo", args...)
		cmd.Dir, cmd.Env = "/data", env
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
		return cmd
	}
	cmd := exec.CommandContext(ctx, filepath.Join(root, "meibo"), args...)
	cmd.Dir = filepath.Join(root, "data")
	for _, pair := range env {
		cmd.Env = append(cmd.Env, strings.ReplaceAll(pair, "=/data", "="+cmd.Dir))
	}
	return cmd
}
