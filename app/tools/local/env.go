package local

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// secrets are made once for each instance and kept.
type secrets struct {
	JWT     string `json:"jwt"`
	Webhook string `json:"webhook"`
}

func readSecrets(path string) (secrets, error) {
	var s secrets
	content, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(content, &s)
	}
	if err == nil {
		return s, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return s, fmt.Errorf("read %s: %w", path, err)
	}
	s = secrets{JWT: secret(), Webhook: secret()}
	content, err = json.Marshal(s) //nolint:gosec // into a file that only its owner can read
	if err != nil {
		return s, err
	}
	return s, os.WriteFile(path, content, 0o600)
}

// secret returns what `openssl rand -hex 32` does.
func secret() string {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails
	return hex.EncodeToString(random)
}

// tokenSeconds is how long the demo's access token is good for: as long as somebody may want to paste commands.
const tokenSeconds = 86400

// serverEnvironment is what a server process gets.
func (i *instance) serverEnvironment(address, access string) []string {
	return []string{
		"APP_ENV=development",
		"HTTP_ADDR=" + address,
		"DATABASE_URL=" + i.databaseURL,
		"REDIS_HOST=127.0.0.1",
		"REDIS_PORT=" + strconv.Itoa(i.valkeyPort),
		"REDIS_PASSWORD=",
		"REDIS_DB=0",
		"REDIS_TLS=false",
		"CACHE_PREFIX=" + i.prefix(),
		"AUTH_JWT_SECRET=" + i.secrets.JWT,
		"AUTH_ACCESS_TTL=" + strconv.Itoa(tokenSeconds),
		"WH_SECRET=" + i.secrets.Webhook,
		"CORS_ORIGINS=" + url(addresses(i.UpOptions)[0]),
		"LOG_FORMAT=console",
		"SHUTDOWN_DELAY=0",
		"ACCESS_LOG_FILE=" + access,
	}
}

func (i *instance) envFile() string { return filepath.Join(i.Data, "env") }

// variables are what the checklist's commands need.
func (i *instance) variables(ctx context.Context) ([][2]string, error) {
	base := url(addresses(i.UpOptions)[0])
	token, err := logIn(ctx, base)
	if err != nil {
		return nil, fmt.Errorf("sign in as %s: %w", demoEmail, err)
	}
	return [][2]string{
		{"BASE", base},
		{"ORG_ID", demoOrg},
		{"TOKEN", token},
		{"WH_SECRET", i.secrets.Webhook},
		{"DATABASE_URL", i.databaseURL},
		{"REDIS_HOST", "127.0.0.1"},
		{"REDIS_PORT", strconv.Itoa(i.valkeyPort)},
		{"REDIS_PASSWORD", ""},
		{"REDIS_DB", "0"},
		{"REDIS_TLS", "false"},
		{"CACHE_PREFIX", i.prefix()},
		{"CORS_ORIGINS", base},
	}, nil
}

// writeEnv writes variables for a shell.
func (i *instance) writeEnv(variables [][2]string) error {
	var file strings.Builder
	for _, variable := range variables {
		fmt.Fprintf(&file, "export %s='%s'\n", variable[0], variable[1])
	}
	return os.WriteFile(i.envFile(), []byte(file.String()), 0o600)
}

func logIn(ctx context.Context, base string) (string, error) {
	body, err := json.Marshal(map[string]string{"email": demoEmail, "password": demoPassword})
	if err != nil {
		return "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/auth/login", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var answer struct {
		AccessToken string `json:"accessToken"`
		Message     string `json:"message"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return "", fmt.Errorf("%s: %w", response.Status, err)
	}
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s", response.Status, answer.Message)
	}
	return answer.AccessToken, nil
}
