{
  "blobstore": {
    "contentAddressableStorage": {
      "readCaching": {
        "slow": {
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
        "fast": {
          "local": {
            "keyLocationMapOnBlockDevice": {
              "file": {
                "path": "/worker/cas/key_location_map",
                "sizeBytes": "536870912"
              }
            },
            "keyLocationMapMaximumGetAttempts": 16,
            "keyLocationMapMaximumPutAttempts": "64",
            "oldBlocks": 8,
            "currentBlocks": 24,
            "newBlocks": 3,
            "blocksOnBlockDevice": {
              "source": {
                "file": {
                  "path": "/worker/cas/blocks",
                  "sizeBytes": "33822777344"
                }
              },
              "spareBlocks": 3,
              "dataIntegrityValidationCache": {
                "cacheSize": "50000",
                "cacheDuration": "14400s",
                "cacheReplacementPolicy": "LEAST_RECENTLY_USED"
              }
            },
            "persistent": {
              "stateDirectoryPath": "/worker/cas/persistent_state",
              "minimumEpochInterval": "300s"
            }
          }
        },
        "replicator": {
          "deduplicating": {
            "local": {}
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
      "virtual": {
        "maximumExecutionTimeoutCompensation": "3600s",
        "shuffleDirectoryListings": true,
        "maximumWritableFileUploadDelay": "60s",
        "mount": {
          "mountPath": "/worker/build",
          "fuse": {
            "directoryEntryValidity": "300s",
            "inodeAttributeValidity": "300s",
            "allowOther": true,
            "mountMethod": "DIRECT"
          }
        }
      },
      "runners": [
        {
          "endpoint": {
            "address": "unix:///worker/runner"
          },
          "concurrency": "8",
          "instanceNamePrefix": "fuse",
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
          "maximumFilePoolFileCount": "100000",
          "maximumFilePoolSizeBytes": "1073741824",
          "workerId": {
            "pod": std.extVar("POD_NAME"),
            "node": std.extVar("NODE_NAME")
          }
        }
      ]
    }
  ],
  "filePool": {
    "blockDevice": {
      "file": {
        "path": "/worker/filepool",
        "sizeBytes": "8589934592"
      }
    }
  },
  "inputDownloadConcurrency": "10",
  "outputUploadConcurrency": "11",
  "directoryCache": {
    "maximumCount": "1000",
    "maximumSizeBytes": "1024000",
    "cacheReplacementPolicy": "LEAST_RECENTLY_USED"
  },
  "prefetching": {
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
    "bloomFilterBitsPerPath": 14,
    "bloomFilterMaximumSizeBytes": 65536
  }
}
