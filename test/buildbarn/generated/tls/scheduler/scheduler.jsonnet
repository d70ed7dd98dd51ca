{
  "adminHttpServers": [
    {
      "listenAddresses": [
        ":7982"
      ],
      "authenticationPolicy": {
        "allow": {}
      }
    }
  ],
  "clientGrpcServers": [
    {
      "listenAddresses": [
        ":8982"
      ],
      "authenticationPolicy": {
        "tlsClientCertificate": {
          "clientCertificateAuthorities": std.extVar("CLIENT_AUTHORITIES"),
          "validationJmespathExpression": {
            "expression": "`true`"
          },
          "metadataExtractionJmespathExpression": {
            "expression": "{public: @}"
          }
        }
      },
      "tls": {
        "serverKeyPair": {
          "files": {
            "certificatePath": "/tls/server/tls.crt",
            "privateKeyPath": "/tls/server/tls.key",
            "refreshInterval": "60s"
          }
        }
      }
    }
  ],
  "workerGrpcServers": [
    {
      "listenAddresses": [
        ":8983"
      ],
      "authenticationPolicy": {
        "tlsClientCertificate": {
          "clientCertificateAuthorities": std.extVar("CLIENT_AUTHORITIES"),
          "validationJmespathExpression": {
            "expression": "`true`"
          },
          "metadataExtractionJmespathExpression": {
            "expression": "{public: @}"
          }
        }
      },
      "tls": {
        "serverKeyPair": {
          "files": {
            "certificatePath": "/tls/server/tls.crt",
            "privateKeyPath": "/tls/server/tls.key",
            "refreshInterval": "60s"
          }
        }
      }
    }
  ],
  "buildQueueStateGrpcServers": [
    {
      "listenAddresses": [
        ":8984"
      ],
      "authenticationPolicy": {
        "tlsClientCertificate": {
          "clientCertificateAuthorities": std.extVar("CLIENT_AUTHORITIES"),
          "validationJmespathExpression": {
            "expression": "`true`"
          },
          "metadataExtractionJmespathExpression": {
            "expression": "{public: @}"
          }
        }
      },
      "tls": {
        "serverKeyPair": {
          "files": {
            "certificatePath": "/tls/server/tls.crt",
            "privateKeyPath": "/tls/server/tls.key",
            "refreshInterval": "60s"
          }
        }
      }
    }
  ],
  "contentAddressableStorage": {
    "sharding": {
      "shards": {
        "0": {
          "backend": {
            "grpc": {
              "client": {
                "address": "storage-0.storage.buildbarn-tls:8981",
                "tls": {
                  "serverCertificateAuthorities": std.extVar("STORAGE_AUTHORITIES"),
                  "clientKeyPair": {
                    "files": {
                      "certificatePath": "/tls/client/tls.crt",
                      "privateKeyPath": "/tls/client/tls.key",
                      "refreshInterval": "60s"
                    }
                  }
                }
              }
            }
          },
          "weight": 1
        },
        "1": {
          "backend": {
            "grpc": {
              "client": {
                "address": "storage-1.storage.buildbarn-tls:8981",
                "tls": {
                  "serverCertificateAuthorities": std.extVar("STORAGE_AUTHORITIES"),
                  "clientKeyPair": {
                    "files": {
                      "certificatePath": "/tls/client/tls.crt",
                      "privateKeyPath": "/tls/client/tls.key",
                      "refreshInterval": "60s"
                    }
                  }
                }
              }
            }
          },
          "weight": 1
        }
      }
    }
  },
  "maximumMessageSizeBytes": "2097152",
  "global": {
    "diagnosticsHttpServer": {
      "httpServers": [
        {
          "listenAddresses": [
            ":9980"
          ],
          "authenticationPolicy": {
            "allow": {}
          }
        }
      ],
      "enablePrometheus": true,
      "enablePprof": true,
      "enableActiveSpans": true
    }
  },
  "browserUrl": "https://browser.example.com",
  "executeAuthorizer": {
    "allow": {}
  },
  "modifyDrainsAuthorizer": {
    "allow": {}
  },
  "killOperationsAuthorizer": {
    "allow": {}
  },
  "synchronizeAuthorizer": {
    "allow": {}
  },
  "actionRouter": {
    "simple": {
      "platformKeyExtractor": {
        "action": {}
      },
      "invocationKeyExtractors": [
        {
          "correlatedInvocationsId": {}
        },
        {
          "toolInvocationId": {}
        }
      ],
      "initialSizeClassAnalyzer": {
        "defaultExecutionTimeout": "1800s",
        "maximumExecutionTimeout": "7200s"
      }
    }
  },
  "platformQueueWithNoWorkersTimeout": "900s"
}
