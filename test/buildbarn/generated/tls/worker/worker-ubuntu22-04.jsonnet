{
  "blobstore": {
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
    "actionCache": {
      "completenessChecking": {
        "backend": {
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
        "maximumTotalTreeSizeBytes": "67108864"
      }
    }
  },
  "browserUrl": "https://browser.example.com",
  "maximumMessageSizeBytes": "2097152",
  "scheduler": {
    "address": "scheduler.buildbarn-tls:8983",
    "tls": {
      "serverCertificateAuthorities": std.extVar("SCHEDULER_AUTHORITIES"),
      "clientKeyPair": {
        "files": {
          "certificatePath": "/tls/client/tls.crt",
          "privateKeyPath": "/tls/client/tls.key",
          "refreshInterval": "60s"
        }
      }
    }
  },
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
    },
    "setUmask": {
      "umask": 0
    }
  },
  "buildDirectories": [
    {
      "native": {
        "buildDirectoryPath": "/worker/build",
        "cacheDirectoryPath": "/worker/cache",
        "maximumCacheFileCount": "10000",
        "maximumCacheSizeBytes": "1073741824",
        "cacheReplacementPolicy": "LEAST_RECENTLY_USED"
      },
      "runners": [
        {
          "endpoint": {
            "address": "unix:///worker/runner"
          },
          "concurrency": "8",
          "platform": {
            "properties": [
              {
                "name": "OSFamily",
                "value": "linux"
              },
              {
                "name": "container-image",
                "value": "docker://ghcr.io/catthehacker/ubuntu:act-22.04@sha256:dd7654ffb01d5b7b54b23b9ce928a1f7f2d08c7b3d7e320b6574b55d7ccde78b"
              }
            ]
          },
          "workerId": {
            "pod": std.extVar("POD_NAME"),
            "node": std.extVar("NODE_NAME")
          }
        }
      ]
    }
  ],
  "inputDownloadConcurrency": "10",
  "outputUploadConcurrency": "11",
  "directoryCache": {
    "maximumCount": "1000",
    "maximumSizeBytes": "1024000",
    "cacheReplacementPolicy": "LEAST_RECENTLY_USED"
  }
}
