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
  "fileSystemAccessCache": {
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
  "maximumMessageSizeBytes": "2097152",
  "httpServers": [
    {
      "listenAddresses": [
        ":7984"
      ],
      "authenticationPolicy": {
        "allow": {}
      }
    }
  ],
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
  "authorizer": {
    "allow": {}
  },
  "requestMetadataLinksJmespathExpression": {
    "expression": "`{}`"
  }
}
