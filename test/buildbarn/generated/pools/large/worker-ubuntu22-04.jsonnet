{
  "blobstore": {
    "contentAddressableStorage": {
      "sharding": {
        "shards": {
          "0": {
            "backend": {
              "grpc": {
                "client": {
                  "address": "storage-0.storage.buildbarn:8981"
                }
              }
            },
            "weight": 1
          },
          "1": {
            "backend": {
              "grpc": {
                "client": {
                  "address": "storage-1.storage.buildbarn:8981"
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
                      "address": "storage-0.storage.buildbarn:8981"
                    }
                  }
                },
                "weight": 1
              },
              "1": {
                "backend": {
                  "grpc": {
                    "client": {
                      "address": "storage-1.storage.buildbarn:8981"
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
  "browserUrl": "http://browser.buildbarn:7984",
  "maximumMessageSizeBytes": "2097152",
  "scheduler": {
    "address": "scheduler.buildbarn:8983"
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
          "concurrency": "1",
          "platform": {
            "properties": [
              {
                "name": "OSFamily",
                "value": "linux"
              },
              {
                "name": "pool",
                "value": "large"
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
