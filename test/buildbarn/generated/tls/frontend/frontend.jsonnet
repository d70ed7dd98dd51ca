{
  "grpcServers": [
    {
      "listenAddresses": [
        ":8980"
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
    "getAuthorizer": {
      "allow": {}
    },
    "putAuthorizer": {
      "instanceNamePrefix": {
        "allowedInstanceNamePrefixes": [
          "experiments"
        ]
      }
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
    },
    "getAuthorizer": {
      "allow": {}
    },
    "putAuthorizer": {
      "instanceNamePrefix": {
        "allowedInstanceNamePrefixes": [
          "experiments"
        ]
      }
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
    "getAuthorizer": {
      "allow": {}
    },
    "putAuthorizer": {
      "instanceNamePrefix": {
        "allowedInstanceNamePrefixes": [
          "experiments"
        ]
      }
    }
  },
  "schedulers": {
    "": {
      "endpoint": {
        "address": "scheduler.buildbarn-tls:8982",
        "tls": {
          "serverCertificateAuthorities": std.extVar("SCHEDULER_AUTHORITIES"),
          "clientKeyPair": {
            "files": {
              "certificatePath": "/tls/client/tls.crt",
              "privateKeyPath": "/tls/client/tls.key",
              "refreshInterval": "60s"
            }
          }
        },
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
