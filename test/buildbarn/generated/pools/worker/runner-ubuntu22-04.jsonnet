{
  "buildDirectoryPath": "/worker/build",
  "grpcServers": [
    {
      "listenPaths": [
        "/worker/runner"
      ],
      "authenticationPolicy": {
        "allow": {}
      },
      "stopGracefully": true
    }
  ],
  "global": {
    "diagnosticsHttpServer": {
      "httpServers": [
        {
          "listenAddresses": [
            ":9987"
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
  }
}
