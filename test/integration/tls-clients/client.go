// A client of Go's crypto/tls. Told on its command line, as JSON, what to ask; answers as JSON what it met.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
)

type order struct {
	Ports       []int  `json:"ports"`
	Version     string `json:"version"`
	Ca          string `json:"ca"`
	Certificate string `json:"certificate"`
	Key         string `json:"key"`
	Ciphers     string `json:"ciphers"`
	NoTicket    bool   `json:"noTicket"`
}

type met struct {
	Error       string `json:"error"`
	Version     string `json:"version"`
	Reused      bool   `json:"reused"`
	Certificate string `json:"certificate"`
	Status      int    `json:"status"`
	View        string `json:"view"`
}

func ask(client *http.Client, port int) met {
	response, err := client.Get(fmt.Sprintf("https://127.0.0.1:%d/", port))
	if err != nil {
		return met{Error: err.Error()}
	}
	defer response.Body.Close()
	_, _ = io.ReadAll(response.Body)
	state := response.TLS
	version := map[uint16]string{tls.VersionTLS12: "TLSv1.2", tls.VersionTLS13: "TLSv1.3"}[state.Version]
	return met{
		Version:     version,
		Reused:      state.DidResume,
		Certificate: state.PeerCertificates[0].Subject.CommonName,
		Status:      response.StatusCode,
		View:        response.Header.Get("x-tls"),
	}
}

func main() {
	var wish order
	if err := json.Unmarshal([]byte(os.Args[1]), &wish); err != nil {
		panic(err)
	}
	ca, err := os.ReadFile(wish.Ca)
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	version := map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}[wish.Version]
	config := &tls.Config{
		RootCAs:                roots,
		ServerName:             "server.test",
		MinVersion:             version,
		MaxVersion:             version,
		ClientSessionCache:     tls.NewLRUClientSessionCache(8),
		SessionTicketsDisabled: wish.NoTicket,
	}
	if wish.Ciphers != "" {
		config.CipherSuites = []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}
	}
	if wish.Certificate != "" {
		pair, err := tls.LoadX509KeyPair(wish.Certificate, wish.Key)
		if err != nil {
			panic(err)
		}
		// Shown even where the server names other authorities.
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	}
	// HTTP/1.1, and a connection for each request.
	transport := &http.Transport{TLSClientConfig: config, DisableKeepAlives: true, TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{}}
	client := &http.Client{Transport: transport}
	result := []met{}
	for _, port := range wish.Ports {
		result = append(result, ask(client, port))
	}
	text, err := json.Marshal(result)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(text))
}
