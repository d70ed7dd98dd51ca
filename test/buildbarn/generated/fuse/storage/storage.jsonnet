{
  "grpcServers": [
    {
      "listenAddresses": [
        ":8981"
      ],
      "authenticationPolicy": {
        "allow": {}
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
      "local": {
        "keyLocationMapOnBlockDevice": {
          "file": {
            "path": "/storage-cas/key_location_map",
            "sizeBytes": "150994944"
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
              "path": "/storage-cas/blocks",
              "sizeBytes": "9495773184"
            }
          },
          "spareBlocks": 3
        },
        "persistent": {
          "stateDirectoryPath": "/storage-cas/persistent_state",
          "minimumEpochInterval": "60s"
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
      "local": {
        "keyLocationMapOnBlockDevice": {
          "file": {
            "path": "/storage-ac/key_location_map",
            "sizeBytes": "120795136"
          }
        },
        "keyLocationMapMaximumGetAttempts": 16,
        "keyLocationMapMaximumPutAttempts": "64",
        "oldBlocks": 8,
        "currentBlocks": 24,
        "newBlocks": 1,
        "blocksOnBlockDevice": {
          "source": {
            "file": {
              "path": "/storage-ac/blocks",
              "sizeBytes": "828702720"
            }
          },
          "spareBlocks": 3
        },
        "persistent": {
          "stateDirectoryPath": "/storage-ac/persistent_state",
          "minimumEpochInterval": "60s"
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
  "fileSystemAccessCache": {
    "backend": {
      "local": {
        "keyLocationMapOnBlockDevice": {
          "file": {
            "path": "/storage-fsac/key_location_map",
            "sizeBytes": "120795136"
          }
        },
        "keyLocationMapMaximumGetAttempts": 16,
        "keyLocationMapMaximumPutAttempts": "64",
        "oldBlocks": 8,
        "currentBlocks": 24,
        "newBlocks": 1,
        "blocksOnBlockDevice": {
          "source": {
            "file": {
              "path": "/storage-fsac/blocks",
              "sizeBytes": "828702720"
            }
          },
          "spareBlocks": 3
        },
        "persistent": {
          "stateDirectoryPath": "/storage-fsac/persistent_state",
          "minimumEpochInterval": "60s"
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
  "executeAuthorizer": {
    "deny": {}
  }
}
