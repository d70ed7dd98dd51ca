{
  "grpcServers": [
    {
      "listenAddresses": [
        ":8980"
      ],
      "authenticationPolicy": {
        "allow": {}
      },
      "keepaliveParameters": {
        "maxConnectionIdle": "0s",
        "maxConnectionAgeGrace": "0s",
        "time": "7200s",
        "timeout": "20s",
        "maxConnectionAge": "300s"
      }
    }
  ],
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
  "contentAddressableStorage": {
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
    "getAuthorizer": {
      "allow": {}
    },
    "putAuthorizer": {
      "allow": {}
    },
    "findMissingAuthorizer": {
      "allow": {}
    }
  },
  "actionCache": {
    "backend": {
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
    },
    "getAuthorizer": {
      "allow": {}
    },
    "putAuthorizer": {
      "allow": {}
    }
  },
  "fileSystemAccessCache": {
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
    "getAuthorizer": {
      "allow": {}
    },
    "putAuthorizer": {
      "allow": {}
    }
  },
  "schedulers": {
    "": {
      "endpoint": {
        "address": "scheduler.buildbarn:8982",
        "addMetadataJmespathExpression": {
          "expression": "{\"build.bazel.remote.execution.v2.requestmetadata-bin\": incomingGRPCMetadata.\"build.bazel.remote.execution.v2.requestmetadata-bin\"}"
        }
      }
    }
  },
  "executeAuthorizer": {
    "allow": {}
  }
}
