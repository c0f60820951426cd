// Asks a proxy over TLS with Go's own HTTP/2 client, many requests at once with bodies, and checks what comes back.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
)

func main() {
	url, caFile, serverName := os.Args[1], os.Args[2], os.Args[3]
	pem, err := os.ReadFile(caFile)
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	client := &http.Client{Transport: &http.Transport{
		ForceAttemptHTTP2: true,
		TLSClientConfig:   &tls.Config{RootCAs: roots, ServerName: serverName},
	}}
	var group sync.WaitGroup
	failed := make(chan string, 1000)
	for i := 0; i < 100; i++ {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			if words := ask(client, url, i); words != "" {
				failed <- words
			}
		}(i)
	}
	group.Wait()
	close(failed)
	for words := range failed {
		fmt.Println(words)
	}
	fmt.Println("done")
}

func ask(client *http.Client, url string, i int) string {
	body := []byte(strings.Repeat(fmt.Sprintf("%d ", i), i*1000))
	request, _ := http.NewRequest("POST", fmt.Sprintf("%s/%d", url, i), bytes.NewReader(body))
	request.Header.Set("X-Id", fmt.Sprint(i))
	response, err := client.Do(request)
	if err != nil {
		return fmt.Sprintf("%d: %v", i, err)
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err != nil || response.ProtoMajor != 2 || response.StatusCode != 200 {
		return fmt.Sprintf("%d: %s %d %v", i, response.Proto, response.StatusCode, err)
	}
	if response.Header.Get("X-Id") != fmt.Sprint(i) || !bytes.Equal(got, body) {
		return fmt.Sprintf("%d: got the answer of %s, %d octets", i, response.Header.Get("X-Id"), len(got))
	}
	return ""
}
